using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Fusion.Tests.Shared.PublicApi;

/// <summary>A line for a member.</summary>
internal static class MemberLines
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<string, string> Operators = new()
    {
        ["op_Equality"] = "==",
        ["op_Inequality"] = "!=",
        ["op_LessThan"] = "<",
        ["op_GreaterThan"] = ">",
        ["op_LessThanOrEqual"] = "<=",
        ["op_GreaterThanOrEqual"] = ">=",
        ["op_Addition"] = "+",
        ["op_Subtraction"] = "-",
        ["op_Multiply"] = "*",
        ["op_Division"] = "/",
        ["op_UnaryNegation"] = "-",
    };

    public static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    public static bool IsOperator(MethodBase method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    public static string Of(FieldInfo field)
    {
        var type = TypeNames.Of(field.FieldType, Nullability.Create(field));
        var kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        return $"{kind}{type} {field.Name}{(field.IsLiteral ? $" = {Value(field.GetRawConstantValue())}" : "")}";
    }

    public static string Of(ConstructorInfo constructor) =>
        $"{(constructor.IsFamily ? "protected " : "")}{TypeNames.Bare(constructor.DeclaringType!)}({Parameters(constructor)})";

    public static string Of(PropertyInfo property)
    {
        var accessors = string.Concat(new[] { property.GetMethod, property.SetMethod }
            .Where(accessor => accessor is not null && IsVisible(accessor))
            .Select(accessor => accessor == property.GetMethod ? "get; " : IsInit(accessor!) ? "init; " : "set; "));
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        return $"{Modifiers(property.GetAccessors(true)[0])}{required}" +
            $"{TypeNames.Of(property.PropertyType, Nullability.Create(property))} {name} {{ {accessors}}}";
    }

    public static string Of(EventInfo happening) =>
        $"{Modifiers(happening.AddMethod!)}event {TypeNames.Of(happening.EventHandlerType!, Nullability.Create(happening))} {happening.Name}";

    public static string Of(MethodInfo method)
    {
        var result = method.ReturnType == typeof(void) ? "void" : Parameter(method.ReturnParameter).TrimEnd();
        if (method.Name is "op_Explicit" or "op_Implicit")
            return $"static {method.Name[3..].ToLowerInvariant()} operator {result}({Parameters(method)})";
        if (IsOperator(method)) return $"static {result} operator {Operators.GetValueOrDefault(method.Name, method.Name)}({Parameters(method)})";
        var generic = method.GetGenericArguments();
        var name = generic.Length == 0 ? method.Name : $"{method.Name}<{string.Join(", ", generic.Select(type => type.Name))}>";
        return $"{Modifiers(method)}{result} {name}({Parameters(method)}){TypeNames.Constraints(generic)}";
    }

    private static string Modifiers(MethodInfo method)
    {
        var access = method.IsPublic ? "" : "protected ";
        if (method.IsStatic) return $"{access}static ";
        if (method.DeclaringType!.IsInterface) return access;
        if (method.IsAbstract) return $"{access}abstract ";
        var isOverride = method.GetBaseDefinition() != method;
        return access + (isOverride ? "override " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");
    }

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var way = !type.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn || parameter.IsDefined(typeof(IsReadOnlyAttribute)) ? "in " : "ref ";
        if (parameter.Position < 0 && way == "in ") way = "ref readonly ";
        var many = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        var name = TypeNames.Of(type.IsByRef ? type.GetElementType()! : type, Nullability.Create(parameter));
        return $"{many}{way}{name} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Default(parameter)}" : "")}";
    }

    private static string Default(ParameterInfo parameter) => parameter.RawDefaultValue is null && parameter.ParameterType.IsValueType &&
        Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : Value(parameter.RawDefaultValue, parameter.ParameterType);

    private static string Value(object? value, Type? type = null) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ when type?.IsEnum == true => $"{TypeNames.Of(type)}.{Enum.ToObject(type, value)}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
