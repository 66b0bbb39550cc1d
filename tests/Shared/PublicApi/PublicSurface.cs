using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fusion.Tests.Shared.PublicApi;

/// <summary>The public types and members of an assembly as lines that look like C#: types by name, and in each constants,
/// constructors, properties, events, operators, methods, by name too. What the compiler adds to records is left out.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly, Func<Type, bool>? which = null) => string.Join('\n', assembly.GetExportedTypes()
        .Where(which ?? (_ => true))
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .Select(OfType));

    private static string OfType(Type type)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"public {Kind(type)} {type.Namespace}.{TypeNames.WithParameters(type)}");
        string[] bases = [.. Bases(type)];
        if (bases.Length > 0) text.Append(CultureInfo.InvariantCulture, $" : {string.Join(", ", bases)}");
        text.Append(TypeNames.Constraints(type.GetGenericArguments())).Append('\n');
        foreach (var line in type.IsEnum ? Values(type) : Members(type))
            text.Append(CultureInfo.InvariantCulture, $"    {line}\n");
        return text.ToString();
    }

    private static string Kind(Type type)
    {
        var isRecord = type.GetMethod("PrintMembers", Declared) is not null;
        if (type.IsEnum) return "enum";
        if (type.IsInterface) return "interface";
        if (typeof(Delegate).IsAssignableFrom(type)) return "delegate";
        if (type.IsValueType)
        {
            var readOnly = type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "";
            return $"{readOnly}{(type.IsByRefLike ? "ref " : "")}{(isRecord ? "record struct" : "struct")}";
        }

        var modifier = type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return $"{modifier}{(isRecord ? "record" : "class")}";
    }

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.IsEnum)
        {
            if (Enum.GetUnderlyingType(type) != typeof(int)) yield return TypeNames.Of(Enum.GetUnderlyingType(type));
            yield break;
        }

        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)) yield return TypeNames.Of(parent);
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        foreach (var name in type.GetInterfaces().Except(inherited).Where(i => i.IsPublic).Select(TypeNames.Of).Order(StringComparer.Ordinal))
        {
            // A record has it from the compiler.
            if (type.GetMethod("PrintMembers", Declared) is null || !name.StartsWith("IEquatable<", StringComparison.Ordinal)) yield return name;
        }
    }

    private static IEnumerable<string> Values(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");

    private static IEnumerable<string> Members(Type type) =>
    [
        .. type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily).OrderBy(Name, StringComparer.Ordinal).Select(MemberLines.Of),
        .. type.GetConstructors(Declared).Where(MemberLines.IsVisible).Select(MemberLines.Of).Order(StringComparer.Ordinal),
        .. type.GetProperties(Declared).Where(property => property.GetAccessors(true).Any(MemberLines.IsVisible))
            .OrderBy(Name, StringComparer.Ordinal).Select(MemberLines.Of),
        .. type.GetEvents(Declared).Where(e => MemberLines.IsVisible(e.AddMethod!)).Select(MemberLines.Of).Order(StringComparer.Ordinal),
        .. Methods(type).Where(method => MemberLines.IsOperator(method)).Select(MemberLines.Of).Order(StringComparer.Ordinal),
        .. Methods(type).Where(method => !method.IsSpecialName).OrderBy(Name, StringComparer.Ordinal).ThenBy(MemberLines.Of, StringComparer.Ordinal)
            .Select(MemberLines.Of),
    ];

    private static IEnumerable<MethodInfo> Methods(Type type) => type.GetMethods(Declared)
        .Where(method => MemberLines.IsVisible(method) && !method.IsDefined(typeof(CompilerGeneratedAttribute)));

    private static string Name(MemberInfo member) => member.Name;
}
