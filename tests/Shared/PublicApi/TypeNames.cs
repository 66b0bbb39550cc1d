using System.Reflection;

namespace Fusion.Tests.Shared.PublicApi;

/// <summary>Types as C# writes them, with <c>?</c> where a reference may be null.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(char)] = "char",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    public static string Of(Type type) => Of(type, null);

    public static string Of(Type type, NullabilityInfo? nullability)
    {
        var mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray) return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        if (type.IsPointer) return $"{Of(type.GetElementType()!)}*";
        if (Nullable.GetUnderlyingType(type) is { } underlying) return $"{Of(underlying, Argument(nullability, 0))}?";
        if (Keywords.TryGetValue(type, out var keyword)) return keyword + mark;
        if (type.IsGenericParameter) return type.Name + mark;
        if (!type.IsGenericType) return WithParameters(type) + mark;
        var arguments = type.GetGenericArguments().Select((argument, i) => Of(argument, Argument(nullability, i))).ToArray();
        return type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
            ? $"({string.Join(", ", arguments)})"
            : $"{Bare(type)}<{string.Join(", ", arguments)}>{mark}";
    }

    /// <summary>A declared type with the types around it, and its own type parameters.</summary>
    public static string WithParameters(Type type)
    {
        var outer = type.IsNested && !type.IsGenericParameter ? $"{WithParameters(type.DeclaringType!)}." : "";
        var parameters = type.GetGenericArguments();
        return $"{outer}{Bare(type)}{(parameters.Length > 0 ? $"<{string.Join(", ", parameters.Select(p => p.Name))}>" : "")}";
    }

    /// <summary>The name alone.</summary>
    public static string Bare(Type type) => type.Name.Split('`')[0];

    public static string Constraints(Type[] parameters) => string.Concat(parameters
        .Where(type => type.IsGenericParameter)
        .Select(type => (type.Name, Rules: string.Join(", ", Rules(type))))
        .Where(constraint => constraint.Rules.Length > 0)
        .Select(constraint => $" where {constraint.Name} : {constraint.Rules}"));

    private static IEnumerable<string> Rules(Type parameter)
    {
        var attributes = parameter.GenericParameterAttributes;
        var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        if (parameter.CustomAttributes.Any(a => a.AttributeType.Name == "IsUnmanagedAttribute")) yield return "unmanaged";
        else if (isStruct) yield return "struct";
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) yield return "class";
        foreach (var constraint in parameter.GetGenericParameterConstraints().Where(c => c != typeof(ValueType))) yield return Of(constraint);
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct) yield return "new()";
    }

    private static NullabilityInfo? Argument(NullabilityInfo? nullability, int index) =>
        nullability?.GenericTypeArguments.ElementAtOrDefault(index);
}
